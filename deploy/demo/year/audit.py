"""The audit of a year, from what the topic and HTTP say: each line is a fact that could be false."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from deploy.demo.audit.case import Line, some
from deploy.demo.year.evidence import Evidence, Said
from deploy.demo.year.play import Played
from deploy.demo.year.reckoning import Due, Reckoned, Sort, by_task, reckon
from deploy.demo.year.reminders import ReminderPolicy

_ENDED: Final = frozenset({"accepted", "waived", "cancelled"})
_SUMS: Final = (Sort.ON_TIME, Sort.LATE, Sort.MISSING, Sort.OPEN, Sort.WAIVED)


def audit(expected: Mapping[str, Due], policy: ReminderPolicy, played: Played, found: Evidence) -> list[Line]:
    """Return every line of the audit."""
    notes = by_task(played.notes)
    reckoned = {task_id: reckon(due, notes.get(task_id, []), played.now) for task_id, due in expected.items()}
    return [
        _every_task(expected, found),
        _every_act(played),
        _one_alarm(reckoned, found),
        _late_for_good(reckoned, found),
        _reminders(reckoned, policy, found),
        _one_history(reckoned, found),
        _units_add_up(reckoned, found),
        _coverage_adds_up(reckoned, found),
        _nothing_found_by_itself(found),
    ]


def _every_task(expected: Mapping[str, Due], found: Evidence) -> Line:
    wrong = [f"多出 {task['title']}" for task_id, task in found.tasks.items() if task_id not in expected]
    for task_id, due in expected.items():
        task = found.tasks.get(task_id)
        if task is None:
            wrong.append(f"缺 {due.duty_id} {due.period} {due.county}")
        elif (task["lead_unit"], task["county"], task["window_start"]) != (
            due.lead,
            due.county,
            due.opens_on.isoformat(),
        ):
            wrong.append(f"{due.duty_id} {due.period} 的单位或时间不符")
    return _line("该有的任务一项不多、一项不少", wrong, f"任务表、节假日、季度共要求 {len(expected)} 项")


def _every_act(played: Played) -> Line:
    refused = [f"{note.verb} {note.task_id}：{note.refused}" for note in played.notes if note.refused]
    done = Counter(note.verb for note in played.notes)
    words = f"签收 {done['acknowledge']}，报送 {done['submit']}，退回 {done['return']}，办结 {done['accept']}"
    return _line("各单位的每个动作都被受理", refused, f"{words}，豁免 {done['waive']}，取消 {done['cancel']}")


def _one_alarm(reckoned: Mapping[str, Reckoned], found: Evidence) -> Line:
    owed = Counter((task_id, number) for task_id, each in reckoned.items() for number in each.missed)
    raised = Counter((said.task_id, said.deadline) for said in found.said if said.kind == "overdue")
    wrong = [f"{task_id} 第 {number} 个期限应报 1 次，未报" for task_id, number in owed - raised]
    wrong += [f"{task_id} 第 {number} 个期限多报" for task_id, number in raised - owed]
    return _line(
        "逾期的期限各报一次，别的不报", wrong, f"按任务表和动作推算逾期 {owed.total()} 个，任务逾期 {raised.total()} 条"
    )


def _late_for_good(reckoned: Mapping[str, Reckoned], found: Evidence) -> Line:
    wrong = [
        task["number"]
        for task_id, task in found.tasks.items()
        if task_id in reckoned and task["late"] != reckoned[task_id].late
    ]
    late = sum(each.late for each in reckoned.values())
    return _line("逾期一经记下即保留，按期的不记", wrong, f"{late} 项逾期，{len(reckoned) - late} 项未逾期")


def _reminders(reckoned: Mapping[str, Reckoned], policy: ReminderPolicy, found: Evidence) -> Line:
    """One before and one after, where the calendar and what was owed on that day say so; none once it is accepted."""
    wanted = Counter(
        (task_id, number, kind) for task_id, each in reckoned.items() for number, kind in policy.reminders(each)
    )
    counted = Counter((said.task_id, said.deadline, said.kind) for said in found.said if said.version is None)
    wrong = [f"{task_id} 第 {number} 个期限缺 {kind}" for task_id, number, kind in wanted - counted]
    wrong += [f"{task_id} 第 {number} 个期限多 {kind}" for task_id, number, kind in counted - wanted]
    ended = {said.task_id: said.time for said in found.said if said.kind in _ENDED}
    wrong += [
        f"{said.task_id} 办结后仍提醒"
        for said in found.said
        if said.version is None and said.task_id in ended and said.time > ended[said.task_id]
    ]
    kinds = Counter(kind for _, _, kind in counted)
    return _line(
        "提醒期前、期后各一次，恰在该提醒时，办结后没有", wrong, f"期前 {kinds['due_soon']}，期后 {kinds['reminded']}"
    )


def _one_history(reckoned: Mapping[str, Reckoned], found: Evidence) -> Line:
    """Topic, HTTP and the people's notes tell one history, whole and in order."""
    on_topic: dict[str, list[Said]] = defaultdict(list)
    for said in found.said:
        if said.version is not None:
            on_topic[said.task_id].append(said)
    wrong = []
    for task_id, history in found.histories.items():
        told = sorted(on_topic.pop(task_id, []), key=lambda said: said.version or 0)
        items = [(item["version"], item["event_id"]) for item in history["items"]]
        kinds = Counter(said.kind for said in told)
        if [(said.version, said.event_id) for said in told] != items or items != [
            (nth, event_id) for nth, (_, event_id) in enumerate(items, 1)
        ]:
            wrong.append(f"{task_id}：主题与接口不符")
        elif task_id in reckoned and kinds != reckoned[task_id].said:
            wrong.append(f"{task_id}：{_difference(kinds, reckoned[task_id].said)}")
        elif told and any(told[-1].facts[name] != found.tasks[task_id][name] for name in ("state", "late", "due_on")):
            wrong.append(f"{task_id}：末条事件与任务不符")
    wrong += [f"{task_id}：接口没有" for task_id in on_topic]
    events = sum(said.version is not None for said in found.said)
    return _line("主题、接口与各单位的记录说同一段历史", wrong, f"{len(found.histories)} 项任务，{events} 条事件")


def _units_add_up(reckoned: Mapping[str, Reckoned], found: Evidence) -> Line:
    wanted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for each in reckoned.values():
        if each.said["assigned"] and each.sort is not Sort.CANCELLED:
            wanted[each.due.county, each.due.lead][each.sort] += 1
    shown = {(row["county"], row["unit"]): row for row in found.units if row["assigned"]}
    wrong = [f"{county} {unit} 没有列出" for county, unit in wanted.keys() - shown.keys()]
    total: Counter[str] = Counter()
    for (county, unit), row in shown.items():
        sums = Counter({sort.value: row[sort.value] for sort in _SUMS})
        total += sums
        if sums.total() != row["assigned"] or +sums != wanted.get((county, unit), Counter()):
            wrong.append(f"{county} {unit}：{dict(+sums)}")
    words = f"按期 {total['on_time']} ＋ 迟报 {total['late']} ＋ 未报 {total['missing']} ＋ 豁免 {total['waived']}"
    words += f" ＋ 未到期 {total['open']}" if total["open"] else ""
    return _line("各单位的账加得起来", wrong, f"{words} ＝ 应办 {total.total()}，{len(shown)} 个单位")


def _coverage_adds_up(reckoned: Mapping[str, Reckoned], found: Evidence) -> Line:
    wrong = []
    for (duty_id, period), coverage in found.coverages.items():
        own = [each for each in reckoned.values() if (each.due.duty_id, each.due.period) == (duty_id, period)]
        done = sum(each.said["accepted"] > 0 for each in own)
        asked = sum(each.sort is not Sort.CANCELLED for each in own)
        never = sum(line["task_id"] is None for line in coverage["lines"])
        if (coverage["done"], coverage["total"], never) != (done, len(own), len(own) - asked):
            wrong.append(f"{duty_id} {period}：{coverage['done']}/{coverage['total']}，应为 {done}/{len(own)}")
    return _line("各县（市、区）的覆盖数与名册相符", wrong, f"{len(found.coverages)} 次群发，每次 6 个县（市、区）")


def _nothing_found_by_itself(found: Evidence) -> Line:
    wrong = [f"{each['number']} {each['reason']}" for each in found.audit["findings"]]
    return _line("调度自查也无差异", wrong, f"比对 {found.audit['compared']} 项")


def _line(title: str, wrong: Iterable[str], detail: str) -> Line:
    listed = sorted(wrong)
    return Line(title, not listed, detail + some(listed))


def _difference(kinds: Counter[str], wanted: Counter[str]) -> str:
    return f"多 {dict(kinds - wanted)}，缺 {dict(wanted - kinds)}"
