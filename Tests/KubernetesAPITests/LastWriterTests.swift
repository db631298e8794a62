import Testing

@testable import KubernetesAPI

@Suite struct LastWriterTests {
    private static let warn = FieldSet(labels: ["warn"])

    private func entry(
        _ manager: String,
        _ operation: ManagedFieldsEntry.Operation = .update,
        at second: Int64?,
        _ fields: FieldSet = warn,
        subresource: String = ""
    ) -> ManagedFieldsEntry {
        ManagedFieldsEntry(
            manager: manager,
            operation: operation,
            subresource: subresource,
            fields: fields,
            time: second.map { Timestamp(secondsSinceEpoch: $0) }
        )
    }

    private func lastWriter(_ entries: ManagedFieldsEntry...) -> String? {
        ObjectMeta(name: "n", managedFields: entries).lastWriter(of: Self.warn, since: "us")
    }

    @Test("It is who has last written one of the fields, since we did")
    func last() {
        #expect(
            lastWriter(entry("us", .apply, at: 5), entry("a", at: 6), entry("b", at: 7), entry("old", at: 4)) == "b"
        )
        #expect(lastWriter(entry("us", .apply, at: 5), entry("a", at: 5)) == "a")
        #expect(lastWriter(entry("a", .apply, at: nil)) == "a")
        #expect(lastWriter(entry("us", .apply, at: 5), entry("us", .update, at: 6)) == "us")
    }

    @Test("Where nobody owns any of them, it is who wrote last: somebody has taken them away")
    func removed() {
        let other = FieldSet(labels: ["else"])
        #expect(lastWriter(entry("us", .apply, at: 5, other), entry("a", at: 9), entry("b", at: 10, other)) == "a")
        #expect(
            lastWriter(entry("us", .apply, at: 5, other), entry("a", at: 6, other), entry("b", at: 7, other)) == "b"
        )
    }

    @Test("Nobody is named for what was written before us, to a subresource, or at a time that nobody knows")
    func nobody() {
        #expect(
            lastWriter(
                entry("us", .apply, at: 5),
                entry("a", at: 4),
                entry("b", at: 9, subresource: "status"),
                entry("c", at: nil)
            ) == nil
        )
    }
}
