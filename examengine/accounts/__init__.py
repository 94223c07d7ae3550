"""People, teams and roles; who may do what; logging in."""
