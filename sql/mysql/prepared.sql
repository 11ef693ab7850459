-- Prepared XA branches of this server.  No parameters.  First column: no text, since whoever may list them may settle
-- them; last column: global and branch part as one text.
XA RECOVER
