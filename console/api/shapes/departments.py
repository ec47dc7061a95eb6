"""Departments: operators who stand in a queue together."""

from uuid import UUID

from pydantic import Field

from console.api.shapes.shape import Shape


class DepartmentDraft(Shape):
    name: str = Field(min_length=1, max_length=100)
    operator_ids: list[UUID] = Field(max_length=1_000, description="Its members, in their order.")


class DepartmentView(Shape):
    id: UUID
    name: str
    operator_ids: list[UUID]
    line_ids: list[UUID] = Field(description="In whose queues it stands.")
