-- Letters beyond ASCII keep their case here; a machine's next change writes them in lower case.
UPDATE machines SET search = lower(concat_ws(char(10), name, json_extract(spec, '$.description'))) WHERE search = '';
