import KubernetesAPI
import TestSupport
import Testing

@Suite struct LabelSelectorTests {
    private typealias Requirement = LabelSelector.Requirement

    @Test(
        "Each operator looks at the label's presence and value",
        arguments: [
            (.in, ["a", "b"], "a", true), (.in, ["a", "b"], "c", false), (.in, ["a"], nil, false),
            (.notIn, ["a", "b"], "a", false), (.notIn, ["a"], "c", true), (.notIn, ["a"], nil, true),
            (.exists, nil, "", true), (.exists, nil, nil, false),
            (.doesNotExist, nil, "a", false), (.doesNotExist, nil, nil, true),
        ] as [(LabelSelector.Requirement.Operator, [String]?, String?, Bool)]
    )
    func operators(
        _ operation: LabelSelector.Requirement.Operator,
        _ values: [String]?,
        _ label: String?,
        _ matches: Bool
    ) {
        let selector = LabelSelector(matchExpressions: [.init(key: "key", operator: operation, values: values)])
        var labels = ["other": "a"]
        labels["key"] = label
        #expect(selector.matches(labels) == matches)
    }

    @Test("Without a requirement everything matches, however that is written")
    func empty() throws {
        for json in ["{}", #"{"matchLabels":{}}"#, #"{"matchLabels":{},"matchExpressions":[]}"#] {
            let selector = try read(LabelSelector.self, json)
            #expect(selector.isEmpty)
            #expect(selector.matches([:]))
            #expect(selector.matches(["a": "b"]))
            #expect(selector.normalized == LabelSelector())
        }
        #expect(!LabelSelector(matchLabels: ["a": ""]).isEmpty)
        #expect(!LabelSelector(matchExpressions: [.init(key: "a", operator: .exists)]).isEmpty)
    }

    @Test("All requirements must hold, of labels and of expressions")
    func conjunction() {
        let selector = LabelSelector(
            matchLabels: ["team": "a", "tier": "web"],
            matchExpressions: [.init(key: "legacy", operator: .doesNotExist)]
        )
        #expect(selector.matches(["team": "a", "tier": "web", "x": "y"]))
        #expect(!selector.matches(["team": "a"]))
        #expect(!selector.matches(["team": "a", "tier": "db"]))
        #expect(!selector.matches(["team": "a", "tier": "web", "legacy": ""]))
    }

    @Test("Values that mean nothing are written one way, so that what the server drops compares equal")
    func normalization() {
        let asked = LabelSelector(matchExpressions: [.init(key: "a", operator: .exists, values: [])])
        let stored = LabelSelector(matchLabels: [:], matchExpressions: [.init(key: "a", operator: .exists)])
        #expect(asked.normalized == stored.normalized)
        #expect(asked.normalized.matchExpressions == stored.matchExpressions)
    }

    @Test(
        "What the server would refuse is named with its field and value",
        arguments: [
            (#"{"matchLabels":{"a b":"c"}}"#, "s.matchLabels", "a b"),
            (#"{"matchLabels":{"a":"c d"}}"#, "s.matchLabels[a]", "c d"),
            (#"{"matchExpressions":[{"key":"-a","operator":"Exists"}]}"#, "s.matchExpressions[0].key", "-a"),
            (#"{"matchExpressions":[{"key":"a","operator":"In"}]}"#, "s.matchExpressions[0].values", "[]"),
            (
                #"{"matchExpressions":[{"key":"a","operator":"NotIn","values":[]}]}"#, "s.matchExpressions[0].values",
                "[]"
            ),
            (
                #"{"matchExpressions":[{"key":"a","operator":"Exists"},{"key":"a","operator":"Exists","values":["b"]}]}"#,
                "s.matchExpressions[1].values", #"["b"]"#
            ),
            (
                #"{"matchExpressions":[{"key":"a","operator":"DoesNotExist","values":["b"]}]}"#,
                "s.matchExpressions[0].values", #"["b"]"#
            ),
            (
                #"{"matchExpressions":[{"key":"a","operator":"In","values":["b","?"]}]}"#,
                "s.matchExpressions[0].values", "?"
            ),
        ]
    )
    func problems(_ json: String, _ field: String, _ value: String) throws {
        let problems = try read(LabelSelector.self, json).problems(at: "s")
        #expect(problems.map(\.field) == [field])
        #expect(problems.map(\.value) == [value])
        #expect(problems.allSatisfy { !$0.expected.isEmpty })
    }

    @Test("A good selector has no problems")
    func noProblems() {
        let selector = LabelSelector(
            matchLabels: ["hardening": "on", "app.kubernetes.io/name": ""],
            matchExpressions: [
                .init(key: "a", operator: .in, values: ["", "b"]), .init(key: "a", operator: .notIn, values: ["c"]),
                .init(key: "a", operator: .exists), .init(key: "b", operator: .doesNotExist, values: []),
            ]
        )
        #expect(selector.problems(at: "s").isEmpty)
    }

    @Test("An unknown operator is not read")
    func unknownOperator() {
        #expect(throws: JSONError.self) {
            try read(LabelSelector.self, #"{"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]}"#)
        }
    }

    @Test("A selector chooses what its requirements choose one by one, and normalizing changes nothing of that")
    func agreesWithTheLetter() {
        var random = SeededGenerator()
        let keys = ["a", "b", "c"], values = ["", "x", "y"]
        for _ in 0..<3000 {
            func pick<Element>(_ from: [Element], _ odds: Int) -> [Element] {
                from.filter { _ in Int.random(in: 0..<odds, using: &random) == 0 }
            }
            func labels(_ odds: Int) -> [String: String] {
                Dictionary(pick(keys, odds).map { ($0, values.randomElement(using: &random) ?? "") }) { $1 }
            }
            let asked = labels(3)
            let expressions = pick(keys + keys, 4).map { key in
                Requirement(
                    key: key,
                    operator: Requirement.Operator.allCases.randomElement(using: &random) ?? .in,
                    values: pick(values, 2)
                )
            }
            let present = labels(2)
            var expected = true
            for (key, value) in asked where present[key] != value { expected = false }
            for expression in expressions {
                let value = present[expression.key]
                let isListed = value.map { (expression.values ?? []).firstIndex(of: $0) != nil }
                switch (expression.operator, isListed) {
                case (.in, true), (.notIn, false), (.notIn, nil), (.exists, .some), (.doesNotExist, nil): break
                default: expected = false
                }
            }
            let selector = LabelSelector(matchLabels: asked, matchExpressions: expressions)
            #expect(selector.matches(present) == expected, "seed \(random.seed): \(selector) on \(present)")
            #expect(selector.normalized.matches(present) == expected, "seed \(random.seed): \(selector) on \(present)")
        }
    }
}
