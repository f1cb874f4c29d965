"""Plans, their requirements and gaps; campaigns, their phases and seasons. Pure."""
