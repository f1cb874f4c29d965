"""The scalars that events share: codes, texts, numbers, instants. Taken from `types`, which says them again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta

from duban_contracts.events.marks import term

# Patterns are read by Python and by ECMAScript engines: `[0-9]`, since Python's \d takes any script's digits,
# and a length, since Python's $ lets a final line feed pass.
CountyCode = Annotated[
    str,
    Meta(pattern=r"^[0-9]{6}$", min_length=6, max_length=6, description="县级行政区划代码 (GB/T 2260)"),
]
Reference = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)",
        min_length=1,
        max_length=64,
        description="the county system's own number of the hazard",
        extra={"text": "line"},
    ),
]
# What references of verified tips (举报查实) begin with: the platform keeps them for itself.
OF_TIPS: Final = "tip/"
Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,62}$", description="a code")]
# What a pattern can't say is said by `text`, the rule of :mod:`duban_contracts.admissible.texts` that holds for it.
ShortText = Annotated[
    str,
    Meta(pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)", min_length=1, max_length=200, extra={"text": "line"}),
]
LongText = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]+$",
        min_length=1,
        max_length=4000,
        extra={"text": "lines"},
    ),
]
AttributeText = Annotated[str, Meta(min_length=1, max_length=512, description="an attribute of a CloudEvents envelope")]
Account = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)",
        min_length=1,
        max_length=100,
        description="opaque account id; never a person's name or number",
        extra={"text": "line"},
    ),
]
Identifier = Annotated[str, Meta(min_length=1, max_length=64)]
TownshipCode = Annotated[
    str,
    Meta(pattern=r"^[0-9]{9}$", min_length=9, max_length=9, description="乡级行政区划代码 (GB/T 10114)"),
]
Uscc = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-HJ-NP-RTUW-Y]{18}$",
        min_length=18,
        max_length=18,
        description="统一社会信用代码 (GB 32100)",
    ),
]
# As a county's system has it: a hazard is not turned away for a code that it need not have.
ReportedUscc = Annotated[
    str,
    Meta(
        max_length=64,
        description="统一社会信用代码 (GB 32100); a doubtful one is recorded with a doubt, an empty one is none",
        extra={"text": "loose"},
    ),
]
Yuan = Annotated[int, Meta(ge=0, le=2_000_000_000, description="money in whole yuan (元)")]
Instant = Annotated[datetime, Meta(tz=True, description="an instant with its UTC offset, RFC 3339")]

Sector = Annotated[Code, term("sectors")]
Unit = Annotated[Code, term("units")]
Role = Annotated[Code, term("roles")]
DeliveryChannelCode = Annotated[Code, term("delivery_channels")]
LetterKindCode = Annotated[Code, term("letter_kinds")]
SubjectKind = Annotated[Code, term("subject_kinds")]
DoubtCode = Annotated[Code, term("doubts")]
AccountabilityResult = Annotated[Code, term("accountability_results")]

# The subject kinds of a hazard, of the listing and the look-back of one, of an accident's evaluation and of its measures.
HAZARD: Final = "hazard"
LISTING: Final = "listing"
LOOK_BACK: Final = "look_back"
ACCIDENT: Final = "accident"
ACCIDENT_MEASURE: Final = "accident_measure"

DocumentNumber = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)",
        min_length=1,
        max_length=64,
        description="文号 of a document that an authority issued",
        extra={"text": "line"},
    ),
]
