"""examengine: an online exam and quiz engine that a company runs itself.

What happens to the data?   bank -> exams -> delivery -> grading -> results -> analysis -> records
Who sees it?                web/<audience>: public, candidate, author, marker, invigilator, manager, admin
What kind of question?      itemtypes/ (one file a kind)
What file format?           formats/ (one file a format)
Who are the people?         accounts/; what are they told? notices/
Plain tools without any exam word live in core/. Doors: web/, cli/, jobs/. app.py plugs the house together.
"""

__version__ = "0.1.0"
