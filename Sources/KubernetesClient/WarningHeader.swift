/// The `Warning` header of RFC 7234: `299 - "what the server has to say"`.
enum WarningHeader {
    /// What the header says, without code, agent and quotes; all of it, where it has another form.
    static func text(_ header: String) -> String {
        guard let start = header.firstIndex(of: "\""), let end = header.lastIndex(of: "\""), start < end else {
            return header
        }
        var text = ""
        var isEscaped = false
        for character in header[header.index(after: start)..<end] {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                text.append(character)
                isEscaped = false
            }
        }
        return text
    }
}
