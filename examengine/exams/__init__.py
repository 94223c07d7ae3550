"""Stage 2: exams, their blueprints, sittings and enrolments."""
