"""The one filter language: a boolean SQL expression over a table's columns, and free text.

The rule:

1. A filter without comparison, function or connective is free text: words between white space,
   each of which must occur somewhere in the row; quotes keep white space together.
2. Anything else is a boolean SQL expression. In it, a term that is only a word or a quoted text is
   free text too, and terms side by side are joined by AND:
   `checkout status >= 500` means `'checkout' AND status >= 500`.

Numbers may carry a unit: `duration_ns > 100ms`, `response_bytes > 2MB`.

The caller's text never reaches the database. It is parsed, checked node by node against lists of
columns and functions, and written anew with every value as a parameter.
"""

from nautscan.store.filter.compiler import compile_filter
from nautscan.store.filter.condition import EVERYTHING, Condition
from nautscan.store.filter.vocabulary import FUNCTION_HELP, examples

__all__ = ["EVERYTHING", "FUNCTION_HELP", "Condition", "compile_filter", "examples"]
