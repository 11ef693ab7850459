-- Prepared XA branches of this server.  No parameters.  Last column: global and branch part as one text.
XA RECOVER
