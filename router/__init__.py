"""The hub. Read it in the order in which a message travels.

app.py, site.py                 the wiring of a process; of its web server
inbound.py                      the way in: arrivals become messages in conversations
batches.py, planning.py         what a batch of them is, and changes (pure)
updates.py, gestures.py, receipts.py   arrivals that are no message
joining.py, naming.py           albums and presses; which message a provider means
filling.py                      fields of a card that come with a message
identity.py, profiling.py       who is writing; who they are, as their provider says
handling.py, passing.py         people's acts: accept, take, close …; transfer
steering.py                     take over, pin, turn away, begin oneself
merging.py                      one customer's conversations that go on as one
splitting.py                    a conversation of which a part becomes one of its own
placing.py                      the distributor's: offer or assign, expire, wake
proving.py, codes.py            who is who, by a code; what it is (pure)
lapsing.py                      time's: say by itself, warn, give on, rest
states.py, holding.py           the state machine (pure); the locks that the acts share
outbound.py, delivery.py        the way out: an answer is queued; sent, and tried again
attempting.py                   one attempt of it: a piece handed to its channel
rewording.py, amending.py       what was said is changed: wished for; done at the customer's
reacting.py, emoji.py           reactions: of customers, of operators; what they add up to (pure)
signalling.py                   small signs to customers: we type, we have heard
visitors.py, fronts.py          the desk as a customer's own client may use it
doors.py, polling.py            inboxes with their channels; those that have to ask
standings.py                    how providers reach us: webhooks, registered and mended
accounts.py, trials.py          inboxes as an administrator fills them in; tried before
deskfile.py, deskreading.py     the desk as a file: written (pure), and read (pure)
filing.py, ledger.py            attached files; what came, is stored, was seen, is logged
indexing.py                     the index of words, kept behind what is written

model.py staff.py events.py errors.py news.py ids.py    values
queueing.py calendars.py ratings.py simulation.py       how a line works, and when; how it was, would be
cards.py feeds.py                                       what is kept of customers; a calendar's feed
channel.py abilities.py visitor.py buttons.py            contracts of channels
changes.py limits.py                                    what was said, changed; what it is cut by
delegations.py                                          accounts that let an inbox answer for them
changing.py making.py                                     a noun with something changed; made fast
reactions.py                                            which event makes which work due (pure)
shaping.py cleaning.py retry.py contacts.py redaction.py wrong.py words.py urgency.py   pure rules
storage/ work.py bus.py http.py guard.py blobs.py       machinery
directory.py sealing.py resealing.py vault.py pacing.py turns.py clock.py
wirelog.py unread.py logs.py health.py proxies.py listening.py webpush.py
__main__.py                                             the command line
"""
