"""What a line would do now, before anybody has to find out with customers. Nothing is changed."""

from console.access import must_supervise, sees_line
from console.api.route import Ask, Route
from console.api.shapes.trying import CrewMember, RuleTried, RuleTry
from console.lines import PARTS
from queues.crew import Floor, read_floor
from queues.facts import hindrance, policy_of, standing
from queues.hours import is_open
from queues.load import slots
from queues.rules import Matter, route
from queues.rules import Route as Way
from router.calendars import ALWAYS
from router.errors import NotFound
from router.ids import LineId
from router.model import Line
from router.queueing import WHOLE
from router.storage import Transaction
from router.storage.choosing import Member


async def crew(ask: Ask, line_id: LineId) -> list[CrewMember]:
    """Who of the line's queue can be given a chat now, and why the others cannot: by their status,
    shift, clock, breaks, leaves and room, as the distributor sees them.
    """
    must_supervise(ask.viewer)
    async with ask.storage.reading() as tx:
        floor = await read_floor(tx, await _line(tx, ask, line_id), now=ask.now())
    return [_member(floor, one) for one in floor.members]


def _member(floor: Floor, member: Member) -> CrewMember:
    one, policy = floor.candidate(member), policy_of(floor.line.queueing)
    why = standing(one) or hindrance(
        one, policy, weight=WHOLE, now=floor.now, reserved=policy.reserved_weight
    )
    return CrewMember(
        operator_id=one.operator,
        room=slots(WHOLE, taken=one.taken, cap=one.cap_weight),
        why_not=why.value if why else None,
        until=one.next_on_shift,
    )


async def try_rules(ask: Ask, line_id: LineId, body: RuleTry) -> RuleTried:
    """Which line a message would get, by these rules."""
    must_supervise(ask.viewer)
    async with ask.storage.reading() as tx:
        line = await _line(tx, ask, line_id)
        calendar = await tx.calendars.get(line.calendar_id) if line.calendar_id else None
    open_now = is_open(calendar or ALWAYS, ask.now())
    rules = line.rules
    if body.rules is not None:
        rules = PARTS["rules"].validate_python([one.model_dump() for one in body.rules])
    matter = Matter(
        channel=body.channel,
        text=body.text,
        tier=body.tier or None,
        language=body.language or None,
        sources=(body.source,) if body.source else (),
        crm=body.fields,
        open_now=open_now,
    )
    found = route(rules, line.queueing.priority, matter) or Way(0)
    return RuleTried(
        rule=found.rule,
        to_line=found.to_line,
        head_start_s=found.head_start_s,
        language=found.language,
        skills=list(found.skills),
        open=open_now,
    )


async def _line(tx: Transaction, ask: Ask, line_id: LineId) -> Line:
    found = await tx.lines.get(line_id)
    if found is None or not sees_line(ask.viewer, line_id):
        raise NotFound("no such line")
    return found


ROUTES = (
    Route("GET", "/lines/{line_id}/crew", crew),
    Route("POST", "/lines/{line_id}/rules/try", try_rules),
)
