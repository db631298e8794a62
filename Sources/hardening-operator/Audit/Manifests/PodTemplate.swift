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
    func decode<Value: JSONReadable>(
        _ type: Value.Type,
        _ node: ManifestNode,
        at path: String
    ) throws(ManifestProblem) -> Value {
        var json: [UInt8] = []
        node.write(to: &json)
        do {
            return try JSONReader.read(type, from: json)
        } catch {
            let field =
                path.isEmpty || error.path.isEmpty || error.path.hasPrefix("[")
                ? path + error.path : "\(path).\(error.path)"
            throw problem(field.isEmpty ? "(document)" : field, error.message)
        }
    }
}
