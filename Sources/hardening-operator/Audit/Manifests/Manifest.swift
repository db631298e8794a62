import KubernetesAPI

/// An object of a file, as far as any object is one: who it is, and where it stands.
struct Manifest: Sendable {
    /// The file as it was named, or `-` for standard input.
    let file: String
    /// The place of its document in the file, from 1; those of a list share one.
    let document: Int
    /// Where it stands in its document, such as `items[3].`; empty for a document of its own.
    let prefix: String
    /// What stands there.
    let node: ManifestNode
    /// Its group and version; empty if it does not say.
    let apiVersion: String
    /// Its kind.
    let kind: String
    /// Its namespace; empty if it does not say.
    let namespace: String
    /// Its name, or else the beginning that the server makes one of.
    let name: String

    /// The line on which it begins, from 1.
    var line: Int { node.line }

    /// Its group, empty for the core group.
    var group: String { apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : "" }

    /// The line of one of its fields, or of what is nearest to it.
    func line(of path: String) -> Int { node.line(of: path) }

    /// The complaint that one of its fields is not right.
    func problem(_ path: String, _ message: String) -> ManifestProblem {
        ManifestProblem(
            file: file,
            line: line(of: path),
            message: "\(kind)\(name.isEmpty ? "" : " \(name)"): \(prefix)\(path): \(message)"
        )
    }
}

/// What was read of one file.
struct ManifestFile: Sendable {
    /// Its objects, those of lists one by one, in their order.
    private(set) var manifests: [Manifest] = []
    /// What of it cannot be read.
    private(set) var problems: [ManifestProblem] = []

    private let file: String
    private var document = 0

    /// Reads `bytes`, the contents of `file`.
    init(_ bytes: [UInt8], file: String) {
        self.file = file
        for result in ManifestStream.documents(bytes) {
            document += 1
            switch result {
            case .failure(let failure): complain(failure.line, failure.message)
            case .success(let node): add(node, prefix: "", ofKind: nil, apiVersion: "")
            }
        }
    }

    private mutating func complain(_ line: Int, _ message: String) {
        problems.append(ManifestProblem(file: file, line: line, message: message))
    }

    private mutating func add(_ node: ManifestNode, prefix: String, ofKind inherited: String?, apiVersion: String) {
        let place = prefix.isEmpty ? "" : "\(prefix.dropLast()): "
        guard case .object = node.value else {
            complain(node.line, "\(place)expected an object with a kind, found \(node.summary)")
            return
        }
        do throws(ManifestProblem) {
            let version = try text("apiVersion", of: node, prefix) ?? apiVersion
            guard let kind = try text("kind", of: node, prefix) ?? inherited else {
                throw ManifestProblem(
                    file: file,
                    line: node.line,
                    message: "\(place)kind is not set: expected a Kubernetes object"
                )
            }
            // As kubectl has it: a list is what has items.
            if kind.hasSuffix("List"), let items = node["items"] {
                let item = String(kind.dropLast(4))
                try add(items, of: item.isEmpty ? nil : item, item.isEmpty ? "" : version, prefix)
                return
            }
            let metadata = node["metadata"] ?? ManifestNode(value: .null, line: node.line)
            switch metadata.value {
            case .object, .null: break
            default:
                throw ManifestProblem(
                    file: file,
                    line: node.line(of: "metadata"),
                    message: "\(place)\(kind): metadata: expected an object, found \(metadata.summary)"
                )
            }
            let name = try text("name", of: metadata, "\(prefix)metadata.")
            let generated = try text("generateName", of: metadata, "\(prefix)metadata.")
            manifests.append(
                Manifest(
                    file: file,
                    document: document,
                    prefix: prefix,
                    node: node,
                    apiVersion: version,
                    kind: kind,
                    namespace: try text("namespace", of: metadata, "\(prefix)metadata.") ?? "",
                    name: name ?? generated ?? ""
                )
            )
        } catch {
            problems.append(error)
        }
    }

    private mutating func add(
        _ items: ManifestNode,
        of kind: String?,
        _ version: String,
        _ prefix: String
    ) throws(ManifestProblem) {
        switch items.value {
        case .null: return
        case .list(let elements):
            for (index, element) in elements.enumerated() {
                add(element, prefix: "\(prefix)items[\(index)].", ofKind: kind, apiVersion: version)
            }
        default:
            throw ManifestProblem(
                file: file,
                line: items.line,
                message: "\(prefix)items: expected a list, found \(items.summary)"
            )
        }
    }

    // Absent, null and empty are the same to Kubernetes.
    private func text(_ key: String, of node: ManifestNode, _ prefix: String) throws(ManifestProblem) -> String? {
        guard let value = node[key] else { return nil }
        switch value.value {
        case .null: return nil
        case .string(let text): return text.isEmpty ? nil : text
        default:
            throw ManifestProblem(
                file: file,
                line: node.line(of: key),
                message: "\(prefix)\(key): expected a string, found \(value.summary)"
            )
        }
    }
}
