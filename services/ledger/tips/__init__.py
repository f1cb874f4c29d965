"""Tips (举报): taken in, verified on site, answered. A tip is no hazard until it is verified; then it becomes one.

No text, row, event or log line of this slice holds who reported: that goes into the vault in the same request and nowhere
else. It publishes nothing of its own; what others hear of is the hazard that a verified tip becomes.
Feature rows: SY33, SY34.
"""
