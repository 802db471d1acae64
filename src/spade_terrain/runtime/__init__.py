"""What the machine and the installed libraries give this process."""
