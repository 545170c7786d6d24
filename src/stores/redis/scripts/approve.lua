-- Approves a pending verification without a code. KEYS, ARGV and what is returned: shared/end-on-word.lua.
return end_on_word(approved)
