"""From what members wrote and say of themselves to cuts of a group. Numbers alone, and no words."""
