/// A server that expects given requests and answers with given bytes.
public struct ScriptedServer {}
