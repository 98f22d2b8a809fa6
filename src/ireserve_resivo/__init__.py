"""The Resivo (dormakaba) plugin: remote access for the doors of a booking, from before its start until its end."""
