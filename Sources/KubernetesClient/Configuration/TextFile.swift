/// The text of files that people write and tools export.
package enum TextFile {
    /// The text in `bytes`: UTF-8 and, for files written on Windows, UTF-16 with a byte order mark; `nil` if it is neither.
    package static func decode(_ bytes: [UInt8]) -> String? {
        let isLittleEndian = bytes.starts(with: [0xff, 0xfe])
        if isLittleEndian || bytes.starts(with: [0xfe, 0xff]) {
            let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index in
                let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
                return isLittleEndian ? second << 8 | first : first << 8 | second
            }
            return String(validating: units, as: UTF16.self)
        }
        return String(validating: bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes[3...] : bytes[...], as: UTF8.self)
    }
}
