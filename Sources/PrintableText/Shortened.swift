extension String {
    /// The text, or as much of its beginning as fits with `...` after it in `limit` Unicode scalars.
    ///
    /// Scalars, since that is how `maxLength` of a CRD's schema counts (JSON Schema Validation, 6.3.1): a single
    /// `Character` may be made of any number of them.
    package func shortened(to limit: Int) -> String {
        guard unicodeScalars.count > limit else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(max(limit - 3, 0)))) + "..."
    }

    /// The text, or as much of its beginning as fits with `...` after it in `limit` bytes of UTF-8, which is how the API
    /// server's own code counts.
    package func shortened(toUTF8 limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var (short, size) = (String.UnicodeScalarView(), 0)
        for scalar in unicodeScalars {
            size += UTF8.width(scalar)
            if size > limit - 3 { break }
            short.append(scalar)
        }
        return String(short) + "..."
    }
}
