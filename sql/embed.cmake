# cmake -DTEXTS="engine/name.sql;…" -DFOLDER=dir -DOUT=file.c -P embed.cmake
#
# Writes a C file that implements base/sqltext.h.  Leading `--` comment lines (a file's contract) and the
# trailing semicolon are left out.  The text never passes through a CMake list: brackets and semicolons
# of SQL would be taken for list syntax.
set(entries "")
foreach(path IN LISTS TEXTS)
  if(NOT path MATCHES "^([^/]+)/([^/]+)\\.sql$")
    message(FATAL_ERROR "embed.cmake: not <engine>/<name>.sql: ${path}")
  endif()
  set(engine ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  file(READ ${FOLDER}/${path} text)
  string(REPLACE "\r" "" text "${text}")
  string(APPEND text "\n")
  while(text MATCHES "^[ \t\n]*--[^\n]*\n")
    string(LENGTH "${CMAKE_MATCH_0}" length)
    string(SUBSTRING "${text}" ${length} -1 text)
  endwhile()
  string(REGEX REPLACE "^[ \t\n]+" "" text "${text}")
  string(REGEX REPLACE "[; \t\n]+$" "" text "${text}")
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "?" "\\?" text "${text}") # "??" would begin a trigraph
  string(REPLACE "\t" "\\t" text "${text}")
  string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
  string(APPEND entries "    {\"${engine}\", \"${name}\",\n     \"${text}\"},\n")
endforeach()

set(code "/* Written by sql/embed.cmake from sql/<engine>/<name>.sql: edit those. */
#include \"base/sqltext.h\"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *engine, *name, *text;
} texts[] = {
${entries}    {NULL, NULL, NULL},
};

const char *sqltext(const char *engine, const char *name)
{
    for (size_t i = 0; texts[i].engine != NULL; i++) {
        if (strcmp(texts[i].engine, engine) == 0 && strcmp(texts[i].name, name) == 0)
            return texts[i].text;
    }
    return NULL;
}
")
file(WRITE ${OUT} "${code}")
