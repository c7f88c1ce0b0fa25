/* SPDX-License-Identifier: MIT */ typedef int analyze_layer;
