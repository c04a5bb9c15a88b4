"""The quality of evidence on the product's rubric: pure functions over facts, without a database or a clock."""
