import FoundationEssentials
import KubernetesAPI

extension Manifest {
    /// Where the pod template of an object of this kind stands: empty for a pod, `nil` for kinds without one.
    ///
    /// Of every version of the kind's group, since all of them have it there; also where the version is not said.
    var templatePath: [String]? {
        // Not a workload, but the API server judges it.
        if kind == "PodTemplate", group.isEmpty { return ["template"] }
        guard let workload = WorkloadKinds.all.first(where: { $0.resource.kind == kind }) else { return nil }
        let own = workload.resource.group
        // Where workloads were before they had groups of their own.
        let isOwn = apiVersion.isEmpty || group == own || (group == "extensions" && !own.isEmpty)
        return isOwn ? workload.templatePath : nil
    }

    /// The pod, or the template of the pods that the object makes; `nil` for other kinds and without a template.
    ///
    /// - Throws: `ManifestProblem` for the first field that has another form than the API's.
    func podTemplate() throws(ManifestProblem) -> PodTemplateSpec? {
        guard let path = templatePath else { return nil }
        var template = node
        for (index, field) in path.enumerated() {
            guard let next = template[field], next.value != .null else {
                guard case .object = template.value else {
                    let path = path[..<index].joined(separator: ".")
                    throw problem(path, "expected an object, found \(template.summary)")
                }
                return nil
            }
            template = next
        }
        return try decode(PodTemplateSpec.self, template, at: path.joined(separator: "."))
    }

    /// Reads `node`, which stands at `path`, as a live object is read.
    ///
    /// - Throws: `ManifestProblem` for the first field that has another form than the API's.
    func decode<Value: Decodable>(
        _ type: Value.Type,
        _ node: ManifestNode,
        at path: String
    ) throws(ManifestProblem) -> Value {
        var json: [UInt8] = []
        node.write(to: &json)
        do {
            return try JSONDecoder().decode(type, from: Data(json))
        } catch let error as DecodingError {
            throw problem(error, in: node, at: path)
        } catch {
            throw problem(path, "cannot be read: \(error)")
        }
    }

    private func problem(_ error: DecodingError, in root: ManifestNode, at path: String) -> ManifestProblem {
        func field(_ keys: [any CodingKey]) -> String {
            let field = keys.reduce(path) { path, key in
                if let index = key.intValue { return "\(path)[\(index)]" }
                let name = key.stringValue
                if name.contains(".") || name.contains("/") { return "\(path)[\(name)]" }
                return path.isEmpty ? name : "\(path).\(name)"
            }
            return field.isEmpty ? "(document)" : field
        }
        func found(_ keys: [any CodingKey]) -> String {
            let node = keys.reduce(root as ManifestNode?) { node, key in
                guard let index = key.intValue, case .list(let elements)? = node?.value else {
                    return node?[key.stringValue]
                }
                return elements.indices.contains(index) ? elements[index] : nil
            }
            return node?.summary ?? "nothing"
        }
        switch error {
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            let keys = context.codingPath
            return problem(field(keys), "expected \(Self.name(of: type)), found \(found(keys))")
        case .keyNotFound(let key, let context):
            return problem(field(context.codingPath + [key]), "is not set")
        case .dataCorrupted(let context):
            return problem(field(context.codingPath), context.debugDescription)
        @unknown default:
            return problem(path, "cannot be read: \(error)")
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is Bool.Type: "true or false"
        case is String.Type: "a string"
        case is any BinaryInteger.Type, is any BinaryFloatingPoint.Type: "a number"
        case is any RangeReplaceableCollection.Type: "a list"
        default: "an object"
        }
    }
}
