"""The course of a plan: asked, announced, answered, carried out in steps, undone."""
