"""What counts toward an operator's capacity."""

from router.staff import Load, Operator


def counted(load: Load) -> int:
    """How much of their capacity is taken: what they hold, and what is held out to them."""
    return load.open_count + load.offered_count


def free_slots(operator: Operator, load: Load) -> int:
    """How many more they can take; 0, too, for one who was given more than their cap."""
    return max(0, operator.max_conversations - counted(load))
