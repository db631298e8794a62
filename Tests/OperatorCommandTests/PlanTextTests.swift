import Foundation
import Hardening
import KubernetesAPI
import Testing

@testable import HardeningController
@testable import hardening_operator

@Suite struct PlanTextTests {
    private static func survey(
        _ name: String,
        governor: String? = nil,
        selecting: [String] = [],
        isProtected: Bool = false,
        isTerminating: Bool = false
    ) -> NamespaceSurvey {
        NamespaceSurvey(
            name: name,
            governor: governor,
            selecting: selecting,
            shadowed: [],
            isProtected: isProtected,
            isTerminating: isTerminating,
            verdicts: [],
            changes: []
        )
    }

    private static func result(_ namespaces: NamespaceSurvey..., missing: [String] = []) -> ClusterSurvey.Result {
        ClusterSurvey.Result(
            namespaces: namespaces,
            missing: missing,
            clusterFindings: [:],
            invalid: [:],
            unobserved: [:]
        )
    }

    @Test("Of a namespace that was asked for is said how it stands, also where there is nothing to do")
    func asked() {
        let result = Self.result(
            Self.survey("fine", governor: "restricted"),
            Self.survey("free"),
            Self.survey("kube-system", isProtected: true),
            Self.survey("kube-public", selecting: ["restricted"], isProtected: true),
            Self.survey("going", isTerminating: true),
            missing: ["a*", "nosuch"]
        )
        #expect(
            PlanText(result, isAsked: true).text == """
                Namespace fine (profile restricted)
                  nothing to write

                Namespace free (no profile selects it)

                Namespace kube-system (no profile selects it)
                  protected: never written to

                Namespace kube-public (selected by restricted)
                  protected: never written to

                Namespace going (no profile governs it)
                  terminating: nothing is written any more

                Namespace a*: does not exist

                Namespace nosuch: does not exist

                5 namespaces looked at: nothing to write

                """
        )
    }

    @Test("Who asks for none in particular is not told of those that nothing is to be said about")
    func all() {
        let result = Self.result(Self.survey("fine", governor: "restricted"))
        #expect(PlanText(result).text == "1 namespace looked at: nothing to write\n")
    }

    @Test("A namespace that does not exist makes the exit status 1, whatever there is to do elsewhere")
    func status() throws {
        #expect(PlanCommand.status(of: Self.result(Self.survey("fine"))) == 0)
        #expect(PlanCommand.status(of: Self.result(Self.survey("fine"), missing: ["nosuch"])) == 1)
        var busy = Self.survey("busy", governor: "restricted")
        let operation = Hardening.Operation(namespace: "busy", target: .namespace, verb: .apply([:]))
        busy.changes = [.init(control: .podSecurity, operation: operation, isPresent: false, differences: [])]
        #expect(PlanCommand.status(of: Self.result(busy)) == 2)
        #expect(PlanCommand.status(of: Self.result(busy, missing: ["nosuch"])) == 1)
        let json = try PlanDocument(Self.result(busy, missing: ["nosuch"])).json
        let document = try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
        #expect(document["missing"] == ["nosuch"])
    }
}
