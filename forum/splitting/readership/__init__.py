"""Who can read a thread where it is and where it goes, and threads that move only by that proof."""
