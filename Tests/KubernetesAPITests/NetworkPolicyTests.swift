import KubernetesAPI
import Testing

@Suite struct NetworkPolicyTests {
    private func spec(_ json: String) throws -> NetworkPolicy.Spec { try read(NetworkPolicy.Spec.self, json) }

    @Test(
        "What is written equals what the server stores of it",
        arguments: [
            // Policy types: Ingress always, Egress with its rules.
            ("{}", #"{"podSelector":{},"policyTypes":["Ingress"]}"#),
            (#"{"policyTypes":[]}"#, #"{"podSelector":{},"policyTypes":["Ingress"]}"#),
            (#"{"egress":[]}"#, #"{"podSelector":{},"policyTypes":["Ingress"]}"#),
            (#"{"egress":[{}]}"#, #"{"podSelector":{},"policyTypes":["Ingress","Egress"],"egress":[{}]}"#),
            // Empty lists and selectors are dropped.
            (
                #"{"podSelector":{"matchLabels":{}},"policyTypes":["Egress","Ingress"],"ingress":[],"egress":[]}"#,
                #"{"podSelector":{},"policyTypes":["Ingress","Egress"]}"#
            ),
            (
                #"{"ingress":[{"from":[],"ports":[]}]}"#, #"{"policyTypes":["Ingress"],"ingress":[{}]}"#
            ),
            (
                #"{"egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8","except":[]}}]}],"policyTypes":["Egress"]}"#,
                #"{"egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8"}}]}],"policyTypes":["Egress"]}"#
            ),
            (
                #"{"ingress":[{"from":[{"podSelector":{"matchExpressions":[{"key":"a","operator":"Exists","values":[]}]}}]}]}"#,
                #"{"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{"matchExpressions":[{"key":"a","operator":"Exists"}]}}]}]}"#
            ),
            // A port is one of TCP.
            (
                #"{"ingress":[{"ports":[{"port":80},{}]}]}"#,
                #"{"policyTypes":["Ingress"],"ingress":[{"ports":[{"protocol":"TCP","port":80},{"protocol":"TCP"}]}]}"#
            ),
        ]
    )
    func defaulting(_ asked: String, _ stored: String) throws {
        #expect(try spec(asked).normalized == spec(stored).normalized)
        #expect(try spec(stored).normalized.normalized == spec(stored).normalized)
    }

    @Test(
        "What differs in meaning still differs",
        arguments: [
            (#"{"policyTypes":["Ingress"]}"#, #"{"policyTypes":["Egress"]}"#),
            (#"{"policyTypes":["Ingress"]}"#, #"{"policyTypes":["Ingress","Egress"]}"#),
            (#"{"ingress":[]}"#, #"{"ingress":[{}]}"#),
            (#"{"ingress":[{"ports":[{"port":80}]}]}"#, #"{"ingress":[{"ports":[{"port":80,"protocol":"UDP"}]}]}"#),
            (#"{"ingress":[{"ports":[{"port":80}]}]}"#, #"{"ingress":[{"ports":[{"port":"80"}]}]}"#),
            (#"{"ingress":[{"ports":[{"port":80}]}]}"#, #"{"ingress":[{"ports":[{"port":80,"endPort":81}]}]}"#),
            (#"{"ingress":[{"from":[{"podSelector":{}}]}]}"#, #"{"ingress":[{"from":[{"namespaceSelector":{}}]}]}"#),
            (#"{"podSelector":{}}"#, #"{"podSelector":{"matchLabels":{"a":"b"}}}"#),
        ]
    )
    func difference(_ left: String, _ right: String) throws {
        #expect(try spec(left).normalized != spec(right).normalized)
    }

    @Test("A policy whose spec the server left out selects all pods and isolates inwards")
    func absentSpec() throws {
        let policy = try read(NetworkPolicy.self, #"{"metadata":{"name":"a"}}"#)
        #expect(policy.spec.podSelector.isEmpty)
        #expect(policy.spec.normalized.policyTypes == [.ingress])
    }

    @Test("Ingress comes before egress")
    func order() {
        #expect(NetworkPolicy.Direction.allCases.shuffled().sorted() == [.ingress, .egress])
    }
}

@Suite struct LimitRangeTests {
    @Test("Quantities are read as text, also where they are numbers")
    func integers() throws {
        let range = try read(
            LimitRange.self,
            #"""
            {"metadata":{"name":"a"},"spec":{"limits":[{"type":"Container","default":{"cpu":1,"memory":"256Mi"},
              "defaultRequest":{"cpu":"50m"},"min":{"cpu":0},"max":{"cpu":4},"maxLimitRequestRatio":{"cpu":2}}]}}
            """#
        )
        #expect(
            range.spec.limits == [
                LimitRange.Item(
                    type: .container,
                    default: ["cpu": "1", "memory": "256Mi"],
                    defaultRequest: ["cpu": "50m"],
                    min: ["cpu": "0"],
                    max: ["cpu": "4"],
                    maxLimitRequestRatio: ["cpu": "2"]
                )
            ]
        )
    }

    @Test("A type that is not Kubernetes' own hides nothing of the rest")
    func foreignTypes() throws {
        let range = try read(
            LimitRange.self,
            #"""
            {"metadata":{"name":"a"},"spec":{"limits":[{"type":"example.com/gpu","max":{"x":1}},
              {"type":"Pod","max":{"cpu":"2"}}]}}
            """#
        )
        #expect(range.spec.limits == [LimitRange.Item(type: .pod, max: ["cpu": "2"])])
    }

    @Test("Limits may be missing", arguments: ["", #","spec":{}"#, #","spec":{"limits":[]}"#])
    func empty(_ rest: String) throws {
        #expect(try read(LimitRange.self, #"{"metadata":{"name":"a"}\#(rest)}"#).spec.limits.isEmpty)
    }

    @Test("An item of an unknown type, asked for by itself, is not read")
    func unknownType() {
        #expect(throws: JSONError.self) { try read(LimitRange.Item.self, #"{"type":"Node"}"#) }
    }
}
