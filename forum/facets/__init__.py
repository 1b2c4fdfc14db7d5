"""What members say of themselves in words that can be compared: places, specialties, stages, employers, interests."""
