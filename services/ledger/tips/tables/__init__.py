"""SQL of tips: `rows` are the tips and what was done to them, `lists` what people look for."""
