"""回头看: which closed hazards are looked at again, until when, and what came of it, as a list of due work.

Looking back is a move of the hazard, as is its reopening; this slice plans and keeps the list. Feature row: SY31.
"""
