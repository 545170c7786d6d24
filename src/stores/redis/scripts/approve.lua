-- Approves a pending verification without a code. KEYS, ARGV and what is returned: preludes/end-on-word.lua.
return end_on_word(approved)
