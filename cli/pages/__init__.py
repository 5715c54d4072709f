"""Pages of HTML that need nothing else: reports that can be sent to others."""
