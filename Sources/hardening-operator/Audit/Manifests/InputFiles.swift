import FoundationEssentials
import KubernetesClient

/// The files that the paths of a command line stand for.
struct InputFiles {
    /// What stands for standard input.
    static let standardInput = "-"
    /// The most bytes that are read of one file, or of standard input.
    static let limit = 64 << 20
    /// ``limit``, for people.
    static let limitInWords = "\(limit >> 20) MiB"
    private static let other = "not a regular file: only those are read, folders, and - for standard input"

    /// The files, in the order of the command line; those of a folder by path.
    private(set) var files: [String] = []
    /// What of the paths cannot be read.
    private(set) var problems: [ManifestProblem] = []

    /// Finds the files of `paths`: a file is itself, `-` is standard input, and a folder is all `*.yaml`, `*.yml` and
    /// `*.json` in it and below. In folders, what is hidden (`.git`) is left out and links to folders are not followed.
    /// What bears such a name and is neither is a problem, as a pipe is whose other end nobody may ever open.
    init(_ paths: [String]) {
        for path in paths {
            guard path != Self.standardInput, Self.type(of: path, followingLinks: true) == .typeDirectory else {
                files.append(path)
                continue
            }
            var folder = path
            while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
            var found: [String] = []
            let before = problems.count
            find(folder, into: &found)
            files += found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            if found.isEmpty, problems.count == before {
                problems.append(
                    ManifestProblem(file: path, line: nil, message: "no *.yaml, *.yml or *.json in this folder")
                )
            }
        }
    }

    private mutating func find(_ folder: String, into found: inout [String]) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            problems.append(ManifestProblem(file: folder, line: nil, message: "this folder cannot be read"))
            return
        }
        for name in names where !name.hasPrefix(".") {
            let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            let isManifest = [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
            switch Self.type(of: path, followingLinks: false) {
            case .typeDirectory: find(path, into: &found)
            case .typeRegular: if isManifest { found.append(path) }
            case .typeSymbolicLink:
                // One that leads nowhere is reported when it is read.
                let target = Self.type(of: path, followingLinks: true)
                if isManifest, target != .typeDirectory { found.append(path) }
            default: if isManifest { found.append(path) }
            }
        }
    }

    private static func type(of path: String, followingLinks: Bool) -> FileAttributeType? {
        let path = followingLinks ? URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false) : path
        return try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    }

    /// The bytes of a file.
    ///
    /// - Throws: `ManifestProblem` when it cannot be read, is no regular file, or holds more than ``limit`` bytes.
    static func contents(of file: String) throws(ManifestProblem) -> [UInt8] {
        do {
            return file == standardInput
                ? try SmallFile.contents(of: 0, limit: limit) : try SmallFile.contents(ofRegular: file, limit: limit)
        } catch {
            let message =
                switch error.cause {
                case .irregular: other
                case .tooLarge: "larger than \(limitInWords), the most that is read of one file: split it"
                case .system: error.description
                }
            throw ManifestProblem(file: file, line: nil, message: message)
        }
    }
}
