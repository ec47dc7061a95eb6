"""The hub. Read it in the order in which a message travels.

app.py                   the wiring: builds each part once; who reacts to which event
inbound.py, planning.py  the way in: arrivals become messages in conversations
handling.py              the acts: offer, accept, assign, transfer, close …
states.py, holding.py    the state machine (pure); the locks that the acts share
outbound.py              the way out: reply, deliver, settle
visitors.py              the desk as a customer's own client may use it
identity.py              who is writing
ledger.py                what came, is stored, was seen, is logged: differences

model.py  events.py  errors.py  news.py  ids.py      values
channel.py                                           the Channel contract
shaping.py  retry.py  contacts.py                    pure rules
storage/  work.py  bus.py  http.py  blobs.py
wirelog.py  unread.py  clock.py  logs.py  health.py  machinery
__main__.py              the command line
"""
