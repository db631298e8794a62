extension Impersonation {
    /// The headers that make a request act for somebody else.
    ///
    /// Source: Kubernetes documentation, *Authenticating*, "User impersonation"; keys of extra values are
    /// percent-encoded there.
    var headers: [(name: String, value: String)] {
        var headers = [("Impersonate-User", user)]
        if let uid { headers.append(("Impersonate-Uid", uid)) }
        headers += groups.map { ("Impersonate-Group", $0) }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            headers += values.map { ("Impersonate-Extra-\(key.percentEncoded)", $0) }
        }
        return headers
    }
}
