"""Days of a line in virtual time, through the policy that the desk really uses.

world.py        what comes in, who is there: values
scenario.py     a world described by rates and shifts; usual.toml is one
days.py         a world's conversations, drawn by chance
recorded.py     a world out of what this desk has lived through
settings.py     settings of a queue, changed for a comparison
floor.py        lines' desks and operators' hands while time runs
waiting.py      who waits, in groups that get the same answer
running.py      what happens, in the order of its times
outcome.py      what came of it, in numbers
report.py       the numbers as a table and as JSON; drawing.py: as a picture
command.py      `python -m router bench distribution`

Nothing here writes to a database, and only `recorded.py` reads one.
"""
