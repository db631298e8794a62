#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whole files, read by path each time.
///
/// The kubelet rotates tokens and certificates by swapping a symlink, so a descriptor held open would go on showing the
/// old file. A read is a few kilobytes of page cache or tmpfs, hence blocking.
package enum SmallFile {
    /// Why a file could not be read.
    package struct Failure: Error, CustomStringConvertible {
        /// There is no such file, which in some places is no error.
        package let isMissing: Bool
        /// What it comes of.
        package let cause: Cause
        /// In the system's words.
        package let description: String

        /// What a failure comes of.
        package enum Cause: Sendable {
            /// The system refuses.
            case system
            /// It is a pipe, a device or the like.
            case irregular
            /// It holds more than the limit.
            case tooLarge
        }

        fileprivate init(errno code: Int32) {
            isMissing = code == ENOENT
            cause = .system
            description = String(cString: strerror(code)).lowercased()
        }

        fileprivate init(_ description: String, _ cause: Cause = .system) {
            isMissing = false
            self.cause = cause
            self.description = description
        }
    }

    /// The bytes of the file at `path`; pipes such as a shell's `<(...)` are read to their end.
    ///
    /// - Throws: `Failure` when it is missing, may not be read, is a directory or holds more than `limit` bytes.
    package static func contents(of path: String, limit: Int = 1 << 20) throws(Failure) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw Failure("the path contains a NUL character") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        defer { _ = close(descriptor) }
        return try contents(of: descriptor, limit: limit)
    }

    /// The bytes of the file at `path` if it is a regular one: never waits for what comes through a pipe.
    ///
    /// - Throws: `Failure` when it is missing, may not be read, is anything but a regular file or holds more than `limit`
    ///   bytes, of which none is read then.
    package static func contents(ofRegular path: String, limit: Int) throws(Failure) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw Failure("the path contains a NUL character") }
        // Opening a pipe to read waits for who writes to it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        defer { _ = close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(errno: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw Failure(errno: EISDIR)
        default: throw Failure("not a regular file", .irregular)
        }
        guard status.st_size <= limit else { throw Failure("larger than \(limit) bytes", .tooLarge) }
        return try contents(of: descriptor, limit: limit)
    }

    /// The bytes that are left of an open file, or what comes through a pipe until its end.
    ///
    /// - Throws: `Failure` when it cannot be read or holds more than `limit` bytes.
    package static func contents(of descriptor: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(errno: errno)
            }
            if count == 0 { return contents }
            contents.append(contentsOf: chunk[..<count])
            guard contents.count <= limit else { throw Failure("larger than \(limit) bytes", .tooLarge) }
        }
    }

    /// Whether something other than a directory is at `path`, readable or not.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && (status.st_mode & S_IFMT) != S_IFDIR
    }

    /// `path`, or for a relative one what it means from `directory`. An empty directory is the current one.
    static func resolve(_ path: String, from directory: String) -> String {
        if path.hasPrefix("/") { return path }
        return directory.hasSuffix("/") ? directory + path : "\(directory.isEmpty ? "." : directory)/\(path)"
    }

    /// The directory that holds `path`.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
