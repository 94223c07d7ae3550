"""Plain tools that know nothing of exams."""
