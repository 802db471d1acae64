"""What the server does in threads of its own: terrain by turns, files, imports; and where files lie meanwhile."""
