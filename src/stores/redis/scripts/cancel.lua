-- Ends a pending verification. KEYS, ARGV and what is returned: preludes/end-on-word.lua.
return end_on_word(canceled)
