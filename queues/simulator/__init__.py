"""Days of a line in virtual time, through the policy that the desk really uses.

world.py        what comes in, who is there: values
scenario.py     a world described by rates and shifts; usual.toml is one
days.py         a world's conversations, drawn by chance
recorded.py     a world out of what this desk has lived through: history.py its conversations,
                shifts.py who was there
imagined.py     a world out of a line as it is, and so many customers an hour
settings.py     settings of a queue, changed for a comparison; setup.py: a line, set up anew
floor.py        lines' desks and operators' hands while time runs
waiting.py      who waits, in groups that get the same answer
running.py      what happens, in the order of its times; talking.py: once somebody has it
outcome.py      what came of it, in numbers
report.py       the numbers as a table and as JSON; drawing.py: as a picture
command.py      `python -m router bench distribution`
asked.py        what the console asks for; work.py: the durable work of it, in a process of its
                own, which is __main__.py

Nothing here changes the desk: it reads what was, and `work.py` writes down what came of it.
"""
