"""The Resivo (dormakaba) plugin: remote access to the doors of a booking."""
