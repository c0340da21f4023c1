"""What every component may use: records, failures and exit codes, where things are kept, plug-in discovery."""
