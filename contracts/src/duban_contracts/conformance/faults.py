"""What a publisher does wrong though every document may be right: the kit's own catalogue, beside that of refusals.

The platform takes such events, or can't see the fault; a publisher that does this is not certified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from duban_contracts.legible import legible
from duban_contracts.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a fault of a publisher means: the sentence for people, the rule for engineers."""

    zh: str
    en: str


FAULTS: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        # Seen in captured records and on the sandbox topic.
        "key-not-reference": Meaning(
            "Kafka 记录的键为 {key}，应为县级编号 {reference}，否则同一隐患的先后顺序没有保证",
            "the record's key must be the reference",
        ),
        "topic-of-nobody": Meaning(
            "主题 {topic} 不是任何县（市、区）的上报主题（county.<区划代码>.v1），平台不会读取",
            "events go to county.<code>.v1",
        ),
        "split-reference": Meaning(
            "同一编号 {reference} 的事件写到了多个分区（{partitions}），先后顺序没有保证；请以县级编号为键，不要自行指定分区",
            "all events of one reference go to one partition: key = reference, no partition of one's own",
        ),
        "not-idempotent": Meaning(
            "分区 {partition} 上有 {count} 条记录不是由幂等生产者写入的；请以 acks=all 并启用幂等（enable.idempotence=true）写入，"
            "否则代理的确认不足以说明已经受理",
            "acks=all and enable.idempotence=true",
        ),
        # Seen by the sandbox.
        "never-sent-again": Meaning(
            "事件 {id} 未得到受理（{told}），此后没有以原编号重发；这样的事件会丢失",
            "after 429, 5xx or no answer the same event is sent again under the same id",
        ),
        "batch-never-sent-again": Meaning(
            "写入主题时连接中断或没有得到应答，其中 {count} 条记录此后没有再发；这样的记录会丢失",
            "what the broker did not acknowledge is written again by the same idempotent producer",
        ),
        "new-id-on-retry": Meaning(
            "事件 {id} 的内容以新编号 {other} 再次发送；重发须用原编号，否则同一件事会入账两次",
            "a retry repeats the id; the same content never comes under two ids",
        ),
        "content-changed": Meaning(
            "事件编号 {id} 先后用于不同内容；同一编号只能对应同一内容",
            "one source and id, one content",
        ),
        "impatient": Meaning(
            "事件 {id} 在 Retry-After 所说的 {seconds} 秒之前（{waited} 秒）就重发了",
            "wait as long as Retry-After says",
        ),
        "out-of-order": Meaning(
            "编号 {reference} 的事件先后颠倒：{later} 先于 {earlier} 被受理；同一隐患的后一条须等前一条受理后再发",
            "events of one reference are accepted in the order in which they happened",
        ),
        "refused-and-left": Meaning(
            "事件 {id} 当场被退回（{code}），此后没有改正（以新编号再报）",
            "what is refused is corrected and sent under a new id",
        ),
        "refused-sent-again": Meaning(
            "事件 {id} 当场被退回（{code}）后又原样重发了 {times} 次；不改正就不会被受理",
            "a refusal (4xx but 429) is not retried unchanged",
        ),
        "refusal-not-read": Meaning(
            "事件 {id} 受理后被退回（{code}），其回执没有被读取，县里无从得知",
            "every receipt is read until it says recorded or rejected",
        ),
        "unauthenticated": Meaning(
            "有 {times} 次请求没有带密钥或密钥不对",
            "every request carries the key",
        ),
        "turned-away": Meaning(
            "有 {times} 次请求整个未被受理（{code}），其中的事件都没有看",
            "a request is one event or one batch, with the right content type",
        ),
        "too-little-seen": Meaning(
            "样本不足，不能据以认定：{what}",
            "the run was too short to judge",
        ),
    }
)


def fault(code: str, /, *, field: str | None = None, **values: object) -> Refusal:
    """Return the finding `code` of this catalogue; raises KeyError as :func:`duban_contracts.refusals.refusal` does."""
    meaning = FAULTS[code]
    shown = {name: legible(str(value)) for name, value in values.items()}
    return Refusal(code, meaning.zh.format_map(shown), field, meaning.en)
