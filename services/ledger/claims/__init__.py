"""What counties say (上报、整改方案、整改完成), what became of it, and what must wait (SY24; promises P1 and P7).

Claims that came before what they need are kept and applied as soon as they can be: when the report arrives, and when
the hazard is confirmed or rejected, of which the journal tells this slice (`wire` registers the reaction).
"""
