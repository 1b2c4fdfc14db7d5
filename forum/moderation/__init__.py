"""What moderators do with held posts: decisions that can be repeated without harm and are logged."""
