"""Any sequence of moves, by anybody, at any time: what a task never is. No server."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from duban_contracts.events.tasks import TaskEvent, TaskMoved, TaskOverdue, TaskState, TaskSubmitted
from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import local
from services.chassis.testing.tries import tries
from services.scheduler.alarms.model import AlarmState, Kind
from services.scheduler.tasks.model.called_for import called_for, changes
from services.scheduler.tasks.model.task import OPEN, Task, evolve, planned
from services.scheduler.tasks.moves import (
    Accept,
    Acknowledge,
    Approve,
    Cancel,
    Renew,
    Return,
    Stamp,
    Submit,
    Supplement,
    Waive,
    assign,
    decide,
    mark_overdue,
)
from services.scheduler.tests.tasks.stage import (
    COLLEAGUE,
    DIRECTOR,
    HELPER,
    OFFICE,
    OWNER,
    POLICY,
    due_at,
    proof,
    report,
)

PLAN = report(evidence=("月末例会纪要",), approvals=("inspection_plan",))
ENDED = {TaskState.ACCEPTED, TaskState.WAIVED, TaskState.CANCELLED}
people = st.sampled_from([OWNER, HELPER, OFFICE, COLLEAGUE, DIRECTOR])
days = st.dates(local(1, month=5).date(), local(30, month=7).date())
commands = st.one_of(
    st.builds(Acknowledge),
    st.builds(Submit, summary=st.just("已办"), evidence=st.sampled_from([(), (proof("纪要.pdf", "月末例会纪要"),)])),
    st.builds(Supplement, evidence=st.just((proof("照片"),))),
    st.builds(Approve, approval=st.just("inspection_plan"), remark=st.just("同意")),
    st.builds(Accept, review=st.just("齐全")),
    st.builds(Return, reason=st.just("缺"), due_on=st.none() | days),
    st.builds(Renew, reason=st.just("补"), due_on=days),
    st.builds(Waive, reason=st.just("免"), approved_by=st.just("纪要")),
    st.builds(Cancel, reason=st.just("重")),
)


class LifeOfATask(RuleBasedStateMachine):
    """Moves one task about, lets time pass, and keeps its alarms as the clock role does."""

    @initialize()
    def begin(self) -> None:
        self.now: datetime = local(20, month=5)
        self.task: Task = planned(PLAN, due_at())
        self.history: list[TaskEvent] = []
        self.raised: list[int] = []
        self.alarms = dict[object, AlarmState]()
        self._enter(assign(self.task, self.now))

    @rule(command=commands, by=people)
    def somebody_moves(self, command: msgspec.Struct, by: Actor) -> None:
        before = self.task
        said = decide(self.task, command, self._stamp(by))
        if isinstance(said, Refusal):
            assert self.task is before
            return
        assert before.state not in ENDED, "what has ended takes nothing more"
        if isinstance(command, Accept):
            assert before.lacking == ()
            assert by.account != before.submitted_by
        if isinstance(said, TaskSubmitted):
            assert said.task.late == (before.late or self.now > before.due_at)
        self._enter(said)

    @rule(hours=st.integers(1, 300))
    def time_passes_and_the_clock_looks(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        due = [alarm for alarm in called_for(self.task, POLICY) if alarm.kind is Kind.OVERDUE]
        for alarm in due:
            armed = self.alarms.get(alarm.key) is AlarmState.ARMED
            if armed and alarm.fires_at <= self.now:
                self.raised.append(alarm.due.number)
                self.alarms[alarm.key] = AlarmState.RAISED
                self._enter(mark_overdue(self.task, self.now))

    @invariant()
    def what_is_published_is_the_whole_truth(self) -> None:
        folded = planned(PLAN, due_at())
        for event in self.history:
            folded = evolve(folded, event)
        assert folded == self.task

    @invariant()
    def a_deadline_is_raised_once_and_late_stays(self) -> None:
        assert len(self.raised) == len(set(self.raised))
        lateness = [event.task.late for event in self.history]
        assert lateness == sorted(lateness)

    @invariant()
    def whoever_owes_something_or_filed_it_late_has_an_alarm_and_nobody_else(self) -> None:
        armed = {key for key, state in self.alarms.items() if state is AlarmState.ARMED}
        task = self.task
        late = {alarm.key for alarm in called_for(task, POLICY) if task.filed_late and alarm.kind is Kind.OVERDUE}
        assert task.state in OPEN or armed <= late
        assert all(self.alarms[key] in {AlarmState.ARMED, AlarmState.RAISED} for key in late)
        overdue = [alarm for alarm in called_for(self.task, POLICY) if alarm.kind is Kind.OVERDUE]
        assert all(alarm.key in self.alarms for alarm in overdue)

    def _stamp(self, by: Actor) -> Stamp:
        return Stamp(actor=by, at=self.now, policy=POLICY)

    def _enter(self, event: TaskEvent) -> None:
        after = evolve(self.task, event)
        for alarm in changes(self.task, after, POLICY):
            if self.alarms.get(alarm.key) is not AlarmState.RAISED:
                self.alarms[alarm.key] = alarm.state
        self.task = after
        self.history.append(event)
        assert isinstance(event, TaskMoved | TaskOverdue) == (after.version > 1)


LifeOfATask.TestCase.settings = settings(max_examples=tries(60), stateful_step_count=30)
TestLifeOfATask = LifeOfATask.TestCase
